"""What is handed over: one folder that answers for a raw picture, and can prove what it is."""
