"""The stories, publisher's and watcher's, with every port passed in."""
