"""The paper leg 纸质通道: what still comes and goes beside the network, what is printed, and what a medium brings."""
