"""What documents look like, as pages of our own making: drawn from shapes, never from their markup."""
