"""Stage entry points: read parameters, call the library, write outputs."""
