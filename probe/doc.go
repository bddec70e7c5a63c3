// Package probe turns endpoints into observations: it speaks SMTP, IMAP and
// POP3 up to the point where a person could read or send mail, and no further.
//
// [Open] runs one connection: dial, greeting, capabilities, STARTTLS or
// implicit TLS, and the capabilities again. [Session.SignIn] signs in on it.
// [Session.Survey] finds out over many more what TLS the server takes.
// [Trip.Run] sends a test message where that was asked for, and awaits it.
// What a server says is data: a fault of the server is an observation with a
// failure, never an error. Nothing else of a mailbox is changed.
package probe
