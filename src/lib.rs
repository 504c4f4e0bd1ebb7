//! WhatsApp connector
