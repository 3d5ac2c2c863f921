"""HTTP(S) in bounded time: connections, proxies, requests and their answers."""
