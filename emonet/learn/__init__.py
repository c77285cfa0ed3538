"""Learning: batches, losses, the one training loop, and the SVM on fixed features."""
