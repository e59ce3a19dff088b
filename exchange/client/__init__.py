"""The township's side: check, pack, send, keep until the receipt is verified, prove. No server dependency."""
