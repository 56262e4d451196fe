"""A bundle at work on files: what it answers, where that is written, and how it goes on."""
