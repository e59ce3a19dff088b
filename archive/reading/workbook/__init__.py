"""The cells of a workbook, told exactly: read in the process that is to be lost, used elsewhere."""
