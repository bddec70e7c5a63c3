package probe

// external is EXTERNAL, RFC 4422 appendix A: the certificate of the TLS handshake
// says who somebody is. With an empty message the server takes the account from
// it. One with a name asks to act as that account: a server such as Cyrus takes
// the user name there, while others, such as Dovecot, take any but the
// certificate's own for somebody else's; so a name goes only where the user chose it.
type external struct{ actAs string }

func (e *external) begin() (string, bool)        { return e.actAs, true }
func (e *external) answer(string) (string, bool) { return "", false }
func (e *external) conclude(a attempt) attempt   { return a }
