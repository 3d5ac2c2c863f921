"""`canary watch`: the commands of a watcher who follows many canaries."""
