"""Hand-crafted texture against fragmentation: what section II of the paper holds against it."""
