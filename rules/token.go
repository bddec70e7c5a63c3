package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// proofRules are about tokens in place of passwords, and about servers that have
// to prove themselves.
func proofRules() []rule {
	return []rule{
		{
			id: "auth.not-authentic", looksFor: "a server does not prove that it knows the password",
			severity: mail.Critical, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5802 section 3", "RFC 5802 section 9"},
			words: words{
				title:  "{hosts} {hosts:does|do} not prove to know the password of {user}",
				detail: "With SCRAM the server has to show that it knows the password too, and this one cannot. Either its record of the password is damaged, or somebody pretends to be the server.",
				fix:    "Do not type the password into anything that connects there. The provider compares the server's certificate and the stored SCRAM keys of the account; setting the password anew writes them again.",
			},
			headline: "The server does not prove that it knows the password of {who}.",
			check:    refusedBy("auth.not-authentic"),
		},
		{
			id: "auth.intercepted", looksFor: "a server sees another TLS session than the one it is spoken to in",
			severity: mail.Critical, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 5802 section 6", "RFC 9266", "RFC 5929"},
			words: words{
				title:  "Somebody ends the encryption between here and {hosts}",
				detail: "With {mechanism} both sides say in which TLS session they are, and {hosts} {hosts:is|are} in another. Mostly a load balancer, mail gateway or security product in front of the server ends TLS; an attacker in the middle would look the same. So the password was not sent in any plainer way.[ The server said: {said}]",
				fix:    "Ask who runs a proxy for TLS between here and the server. If it stands in front of the server on purpose, take the -PLUS mechanisms out of what the server offers, or hand it the TLS connection undone. If nobody knows of one, compare the certificate that is seen here (-v shows it) with the server's own, and do not sign in from this network until that is explained.",
			},
			headline: "Somebody ends the encryption on the way to the server of {who}.",
			check:    (*index).findIntercepted,
		},
		{
			id: "auth.binding-unsupported", looksFor: "a server offers channel binding and does not know the usual kind",
			severity: mail.Notice, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9266", "RFC 5929", "RFC 5802 section 7"},
			words: words{
				title:  "{host} offers {mechanism} and does not know {binding}",
				detail: "So the sign-in could not be tied to the encrypted connection, and a weaker way was used. Mail programs do the same, or give up.",
				fix:    "Update the mail server, so that it knows tls-exporter with TLS 1.3 and tls-unique before, or take the -PLUS mechanisms out of what it offers.",
			},
			check: (*index).findUnknownBinding,
		},
		{
			id: "auth.token-rejected", looksFor: "the server rejects the OAuth 2.0 token",
			severity: mail.Critical, weighed: true, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 7628 section 3.2.2", "RFC 6750 section 3.1"},
			words: words{
				title:  "{hosts} {hosts:rejects|reject} the access token of {user}",
				detail: "An access token is good for an hour or so, for one account and for the rights (scopes) that were asked for.[ The server answers with status {status}.][ It wants the scope {scope}.][ It said: {said}]",
				fix:    "Get a new token[ with the scope {scope}] and sign in as the account that it was given for. If that fails too, ask the administrator whether IMAP, POP3 and SMTP are allowed for the program.",
			},
			headline: "The server rejects the access token of {who}.",
			check:    (*index).findRejectedToken,
		},
		{
			id: "auth.token-not-taken", looksFor: "a server takes no OAuth 2.0 token, and one was given",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 7628 section 3"},
			words: words{
				title:  "{hosts} {hosts:takes|take} no access token, only {offered}",
				detail: "So nobody could sign in there with the token that was given.",
				fix:    "Sign in with the password in place of the token.",
			},
			check: (*index).findTokenNotTaken,
		},
	}
}

// intercepted reports whether a server said that it is in another TLS session.
func intercepted(o mail.Observation) bool { return o.AuthFacts != nil && o.ChannelBound == mail.No }

func (x *index) findIntercepted() []hit {
	hits := refusedBy("auth.intercepted")(x)
	for i, h := range hits {
		hits[i].params["mechanism"] = "SCRAM"
		if o := h.servers[0].refusal(); o != nil && o.AuthFacts != nil {
			hits[i].params["mechanism"] = strings.ToUpper(o.Mechanism)
		}
	}
	return hits
}

func (x *index) findUnknownBinding() []hit {
	var hits []hit
	for _, s := range x.settings() {
		for _, o := range s.signIns {
			if o.AuthFacts == nil || o.ChannelBinding == "" || !strings.Contains(o.Reply, "unsupported-channel-binding-type") {
				continue
			}
			h := about([]*server{s})
			h.evidence = []string{o.ID}
			h.params = params{"mechanism": strings.ToUpper(o.Mechanism), "binding": o.ChannelBinding}
			hits = append(hits, h)
		}
	}
	return hits
}

// A tokenFault is what a server says of a token in its challenge (RFC 7628 section 3.2.2).
type tokenFault struct {
	Status any    `json:"status"` // text, and with some servers a number
	Scope  string `json:"scope"`
}

func (x *index) findRejectedToken() []hit {
	hits := refusedBy("auth.token-rejected")(x)
	for i, h := range hits {
		for _, s := range h.servers {
			o := s.refusal()
			if o == nil || o.AuthFacts == nil || o.Challenge == "" {
				continue
			}
			var fault tokenFault
			if json.Unmarshal([]byte(o.Challenge), &fault) == nil {
				hits[i].params["scope"] = said(fault.Scope)
				if fault.Status != nil {
					hits[i].params["status"] = said(fmt.Sprint(fault.Status))
				}
				break
			}
		}
	}
	return hits
}

func (x *index) findTokenNotTaken() []hit {
	if !x.Token {
		return nil
	}
	var without []*server
	for _, s := range x.settings() {
		if s.ready() && len(s.offered()) > 0 && !slices.ContainsFunc(s.offered(), takesToken) {
			without = append(without, s)
		}
	}
	return seenInSession(with(grouped(without, byHost), func(h hit) params {
		return params{"offered": h.servers[0].offered()}
	}))
}

// withToken reports whether a token was tried.
func withToken(o mail.Observation) bool { return o.AuthFacts != nil && takesToken(o.Mechanism) }
