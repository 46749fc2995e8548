"""Layout of the network, weight initialization and threads."""
