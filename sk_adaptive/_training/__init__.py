"""One fit: stochastic epochs, L-BFGS, stopping, weight decay, callbacks."""
