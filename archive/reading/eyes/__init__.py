"""Looking at pages that are pictures: words recognised from pixels, by processes that are given nothing else."""
