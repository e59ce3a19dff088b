"""Why items are returned, and what becomes of them: reasons, statistics, chains of versions, differences."""
