"""One call of training: epochs, L-BFGS, state, stopping, number of epochs, callbacks."""
