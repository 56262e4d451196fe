"""A page on which an embryologist reads pictures first, and sees the model's answers after."""
