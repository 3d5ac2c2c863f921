"""Foreign formats, one file each: bytes to an `canary.core.foreign.edition.Edition`, no input and no output."""
