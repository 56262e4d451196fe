"""The training loop; it knows nothing about embryos or sperm."""
