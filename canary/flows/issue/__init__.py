"""The publisher: draft, affirm, sign, publish."""
