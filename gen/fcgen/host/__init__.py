"""The host's side of the link: ports, frames, boards, and the board that is simulated."""
