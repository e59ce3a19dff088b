"""What a document looks like, told as plain shapes: drawn in the process that is to be lost, made into a page elsewhere."""
