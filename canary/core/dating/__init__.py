"""When a release was signed: anchors from below, evidence from above."""
