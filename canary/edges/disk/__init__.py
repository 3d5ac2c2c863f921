"""The publisher's workspace and other folders on disk, read and written safely."""
