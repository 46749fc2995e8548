"""The network before it is trained: layout, weight initialization, threads."""
