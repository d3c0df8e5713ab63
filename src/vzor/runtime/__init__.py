"""Trained networks at work: sources of pictures and the one predictor."""
