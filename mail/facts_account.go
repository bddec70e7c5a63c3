package mail

import "math"

// AuthFacts are what came of an attempt to sign in.
type AuthFacts struct {
	Mechanism string `json:"mechanism"` // SASL name in lower case; "login" also for IMAP LOGIN, "user" for POP3 USER and PASS
	Username  string `json:"username"`
	Reply     string `json:"reply,omitempty"` // the server's last words, secrets removed

	// Challenge is what a server says of a refused token before its last words: JSON with status, schemes and scope (RFC 7628 section 3.2.2).
	Challenge string `json:"challenge,omitempty"`
	// ServerProof says whether the server proved that it knows the password too, which only SCRAM asks of it (RFC 5802 section 3).
	ServerProof Fact `json:"server_proof,omitzero"`

	// ChannelBinding is what ties the sign-in to the TLS session: tls-exporter (RFC
	// 9266), tls-unique or tls-server-end-point (RFC 5929); "" where nothing does.
	ChannelBinding string `json:"channel_binding,omitempty"`
	// ChannelBound says whether the server is in the same TLS session, by its own
	// word. Where it is not, somebody else ends TLS in front of it.
	ChannelBound Fact `json:"channel_bound,omitzero"`
}

// MailboxFacts are what a mailbox holds, and what its server does with it.
type MailboxFacts struct {
	Messages int    `json:"messages"`
	Quota    *Quota `json:"quota,omitempty"`

	// Of IMAP.
	ServerID   string      `json:"server_id,omitempty"`  // name and version by the server's own word (RFC 2971)
	Folders    []Folder    `json:"folders,omitempty"`    // those with a use of their own, in the server's order (RFC 6154)
	Namespaces []Namespace `json:"namespaces,omitempty"` // RFC 2342
	Alerts     []string    `json:"alerts,omitempty"`     // what the server wants its user told since the sign-in began (ALERT, RFC 9051 section 7.1; OVERQUOTA, RFC 5530 section 3), secrets removed

	// Of POP3.
	Octets      int64  `json:"octets,omitempty"`          // of all messages together
	StableIDs   Fact   `json:"stable_ids,omitzero"`       // messages have names that last (UIDL), so that a program knows which ones it has
	FirstID     string `json:"first_unique_id,omitempty"` // the name of the first message (RFC 1939 section 7); another session must hear the same
	ExpireDays  *int   `json:"expire_days,omitempty"`     // how long a message stays once it was read, 0 for not at all; absent where it stays or nothing is said (RFC 2449 section 6.7)
	LoginDelayS int    `json:"login_delay_s,omitempty"`   // seconds that must lie between two sign-ins (RFC 2449 section 6.5)
}

// SendFacts are what a submission server said to the envelope of a message from
// an address to itself: MAIL and RCPT (RFC 5321 section 4.1.1). Unless a test
// message was asked for, RSET takes it back and nothing is sent.
type SendFacts struct {
	Sender    string `json:"sender"`               // the address in MAIL and RCPT
	MailReply string `json:"mail_reply"`           // secrets removed
	RcptReply string `json:"rcpt_reply,omitempty"` // "" where MAIL was refused

	Test *Submission `json:"test,omitempty"` // of the test message, nil where there was none
}

// Folder is a mailbox with a use of its own.
type Folder struct {
	Name string `json:"name"`
	Use  string `json:"use"` // the attribute of RFC 6154 in lower case: sent drafts junk trash archive all flagged
}

// Namespace is where mailboxes of a kind begin.
type Namespace struct {
	Kind      string `json:"kind"` // personal, others, shared
	Prefix    string `json:"prefix"`
	Delimiter string `json:"delimiter"` // "" where there is no hierarchy
}

// Quota is the use of a mailbox and its limit: in bytes (RFC 9208 counts in
// units of 1024), or in messages where Resource says so. Of several limits it is
// the one that is nearest.
type Quota struct {
	Used     int64  `json:"used"`
	Limit    int64  `json:"limit"`
	Resource string `json:"resource,omitempty"` // "message" for a number of messages (RFC 9208 section 5.2); "" for bytes
}

// Percent gives how much of the limit is used, rounded; 100 and more only where
// it is reached. It is 0 where there is no limit.
func (q Quota) Percent() int {
	if q.Limit <= 0 {
		return 0
	}
	percent := int(math.Round(100 * float64(q.Used) / float64(q.Limit)))
	if q.Used < q.Limit {
		return min(percent, 99)
	}
	return percent
}
