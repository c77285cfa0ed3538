"""From audio files of any kind to 16 kHz mono waves in one file that is read without a copy."""
