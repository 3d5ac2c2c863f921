"""Where messages go: e-mail, webhooks, commands, streams, apprise, and the dead man's ping."""
