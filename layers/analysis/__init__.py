"""Any figure or kind of record, by any dimension, in any period, compared: what an analyst asks, and what is found."""
