"""What stands on both sides of a split: speakers, texts, sessions, audio; and what goes with the labels."""
