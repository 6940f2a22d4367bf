"""One API call: authentication, rate limits, deadlines and transports."""
