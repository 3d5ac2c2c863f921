"""A look judged: from what was seen and what is stored to a verdict and the next state."""
