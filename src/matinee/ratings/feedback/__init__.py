"""What people rate and take back live."""

from matinee.ratings.feedback.store import FeedbackStore, NewRating, Receipt, StoredRating, UserFeedback

__all__ = ["FeedbackStore", "NewRating", "Receipt", "StoredRating", "UserFeedback"]
