//! Phones that were copied or put back, a server that was put back, phones that were shut out.
