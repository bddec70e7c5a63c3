package rules

import (
	"slices"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
)

// roundTripRules are about the test message that was asked for.
func roundTripRules() []rule {
	return slices.Concat(tripRules(), tripTraceRules(), []rule{{
		id: "send.content-refused", looksFor: "a submission server takes the envelope and refuses the message",
		severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Likely,
		references: []string{"RFC 5321 section 4.2.5", "RFC 3463 section 3.8"},
		words: words{
			title:  "{host} refuses a test message for what is in it",
			detail: "Signing in works, and a filter for spam or viruses turns away a short message in plain text.[ The server said: {said}]",
			fix:    "Ask the provider why its filter refuses mail of users who have signed in; its log has the moment and the address.",
		},
		check: refusedEnvelope("send.content-refused"),
	}})
}

func tripRules() []rule {
	return []rule{
		{
			id: "roundtrip.not-sent", looksFor: "a test message was asked for and not sent",
			severity: mail.Error, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 6409 section 4.3"},
			words: words{
				title:  "No test message was sent",
				detail: "It was asked for, but {reason}.",
				fix:    "First mend what else stands here, then run again.",
			},
			variants: map[string]words{"otherwise": {
				fix: "Run again. If it stays so, the provider looks into the log of {host} for this moment: it let the user in on another connection shortly before.",
			}},
			check: (*index).findUnsent,
		},
		{
			id: "roundtrip.not-awaited", looksFor: "nobody could see whether a test message arrived",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9051 section 5.3", "RFC 1939 section 4"},
			words: words{
				title:  "A test message was sent, and {host} could not be asked whether it arrived",
				detail: "The wait ended early: {reason}. If the message comes, it stays in the mailbox.",
				fix:    "Look for it in the mailbox and delete it, and run again.",
			},
			variants: map[string]words{"interrupted": {
				title:  "A test message was sent, and the run was interrupted before it arrived",
				detail: "If the message comes, it stays in the mailbox.",
			}},
			check: (*index).findUnawaited,
		},
		{
			id: "roundtrip.not-arrived", looksFor: "a test message does not arrive",
			severity: mail.Error, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 5321 section 4.5.4.1", "RFC 6647"},
			words: words{
				title:  "A test message of {who} to itself did not arrive in the time allowed",
				detail: "{sender} accepted it, and neither the inbox nor the folder for junk of {host} has it. It may still come, and then it stays in the mailbox.",
				fix:    "Look into the mailbox again after some minutes: greylisting delays mail, and a filter may put it into another folder. If it does not come, the provider looks for its Message-ID, which stands above, in the log of {sender}.",
			},
			check: (*index).findLost,
		},
		{
			id: "roundtrip.in-junk", looksFor: "the receiving side takes a test message for junk",
			severity: mail.Warning, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 6154 section 2", "RFC 8601"},
			words: words{
				title:  "Mail of {who} to itself lands in the folder {folder}",
				detail: "So the recipients of its mail may not see it either.[ The receiving side says that {failed} {failed:fails|fail}, which may be why.]",
				fix:    "Mark such a message as no junk. The administrator has SPF, DKIM and DMARC of the domain pass for the sending server.",
			},
			check: (*index).findJunk,
		},
		{
			id: "roundtrip.elsewhere", looksFor: "a test message is filed in another folder",
			severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 5228", "RFC 6154 section 2"},
			words: words{
				title:  "The test message is not in the inbox, only in {folder}",
				detail: "A rule or filter of the mailbox has put it there.",
				fix:    "Look through the rules of the mailbox in the provider's web settings, if mail is missed.",
			},
			check: (*index).findElsewhere,
		},
		{
			id: "roundtrip.not-removed", looksFor: "a test message could not be deleted again",
			severity: mail.Notice, owner: mail.OwnerUser, confidence: mail.Certain,
			references: []string{"RFC 4315 section 2.1", "RFC 1939 section 5"},
			words: words{
				title:  "The test message is still in the mailbox",
				detail: "It could not be deleted, and is still there[ {remains}].",
				fix:    "Delete the message whose subject begins with \"mailmedic test message\".",
			},
			variants: map[string]words{"copy": {
				title:  "A copy of the test message is still in the folder {folder}",
				detail: "The server has filed it there by itself, and did not let it be deleted.",
			}},
			check: (*index).findRemains,
		},
	}
}

// testSuffix is what the IDs of observations of the test message end with.
const testSuffix = "/test"

func isTest(o mail.Observation) bool { return strings.HasSuffix(o.ID, testSuffix) }

// cameBack reports whether o proves the trip of a test message.
func cameBack(o mail.Observation) bool {
	switch {
	case o.SendFacts != nil && o.Test != nil:
		return o.Test.CameBack == mail.Yes
	case o.ArrivalFacts != nil: // the folder of all mail holds what was sent, too
		return o.Arrived == mail.Yes && o.FolderUse != "all"
	}
	return false
}

// submission gives the observation of the test message that was sent, or was to be.
func (x *index) submission() (mail.Observation, bool) { return x.ofTest(mail.KindSend) }

// arrival gives the observation of the wait for the test message.
func (x *index) arrival() (mail.Observation, bool) { return x.ofTest(mail.KindMailbox) }

func (x *index) ofTest(kind mail.Kind) (mail.Observation, bool) {
	for _, o := range x.ofKind(kind) {
		if isTest(o) {
			return o, true
		}
	}
	return mail.Observation{}, false
}

// testHit makes a hit about the server of an observation.
func testHit(o mail.Observation, p params) []hit {
	if e, err := mail.ParseEndpoint(o.Subject); err == nil {
		p["host"] = mail.DisplayName(e.Host)
	}
	return []hit{{subject: o.Subject, evidence: []string{o.ID}, params: p}}
}

func (x *index) findUnsent() []hit {
	if x.Unsent != "" {
		hits := x.domainHit()
		hits[0].params = params{"reason": x.Unsent}
		return hits
	}
	for _, o := range x.ofKind(mail.KindSend) {
		if isTest(o) && o.SendFacts == nil && o.Failure != nil {
			return otherwise(o, "the server for sending did not take it on a second connection: ")
		}
	}
	for _, o := range x.ofKind(mail.KindMailbox) {
		if isTest(o) && o.ArrivalFacts == nil && o.Failure != nil {
			return otherwise(o, "nobody could have seen it arrive: ")
		}
	}
	return nil
}

// otherwise makes a hit of a server that was otherwise on the connections before.
func otherwise(o mail.Observation, reason string) []hit {
	hits := testHit(o, params{"reason": reason + o.Failure.Detail})
	hits[0].variant, hits[0].owner = "otherwise", mail.OwnerProvider
	return hits
}

func (x *index) findUnawaited() []hit {
	o, ok := x.arrival()
	if !ok || o.ArrivalFacts == nil || o.Arrived != mail.NotKnown || o.Failure == nil {
		return nil
	}
	hits := testHit(o, params{"reason": o.Failure.Detail})
	if x.Interrupted {
		hits[0].variant, hits[0].severity, hits[0].owner = "interrupted", mail.Notice, mail.OwnerUser
	}
	return hits
}

func (x *index) findLost() []hit {
	o, ok := x.arrival()
	if !ok || o.ArrivalFacts == nil || o.Arrived != mail.No {
		return nil
	}
	sent, _ := x.submission()
	hits := testHit(o, params{"sender": hostNamed(sent.Subject)})
	hits[0].evidence = append(hits[0].evidence, sent.ID)
	return hits
}

// hostNamed gives the host of an endpoint, for people.
func hostNamed(subject string) string {
	e, err := mail.ParseEndpoint(subject)
	if err != nil {
		return subject
	}
	return mail.DisplayName(e.Host)
}

func (x *index) findJunk() []hit {
	o, ok := x.arrival()
	if !ok || o.ArrivalFacts == nil || o.Junk != mail.Yes {
		return nil
	}
	failed, _ := failedMethods(o.Authentication)
	return testHit(o, params{"folder": said(o.Folder), "failed": failed})
}

func (x *index) findElsewhere() []hit {
	o, ok := x.arrival()
	if !ok || o.ArrivalFacts == nil || o.Arrived != mail.Yes || o.Junk == mail.Yes || o.FolderUse == "" {
		return nil
	}
	return testHit(o, params{"folder": said(o.Folder)})
}

func (x *index) findRemains() []hit {
	o, ok := x.arrival()
	if !ok || o.ArrivalFacts == nil || o.Arrived != mail.Yes || o.Kept {
		return nil
	}
	if o.Removed != mail.Yes {
		return testHit(o, params{"remains": said(o.Remains)})
	}
	for _, c := range o.Copies {
		if c.Removed != mail.Yes {
			hits := testHit(o, params{"folder": said(c.Folder)})
			hits[0].variant = "copy"
			return hits
		}
	}
	return nil
}
