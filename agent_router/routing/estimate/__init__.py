"""Whether the local model's answer to a request will be good enough, learnt from outcomes on this installation."""
