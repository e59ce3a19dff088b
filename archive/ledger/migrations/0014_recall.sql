-- Whether the sender has asked for a delivery back 撤回; after it was opened that needs the recipient's consent.
ALTER TABLE delivery ADD COLUMN recall TEXT NOT NULL DEFAULT 'none';
