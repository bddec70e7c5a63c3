package rules

import "github.com/mailmedic/mailmedic/mail"

// tlsRules are about handshakes that fail or should not have succeeded.
func tlsRules() []rule {
	return []rule{
		{
			id: "tls.version", looksFor: "a server speaks only outdated TLS",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 8996 section 4", "RFC 8997 section 3", "RFC 8314 section 4.1"},
			words: words{
				title:  "{host} speaks only outdated versions of TLS[ ({version})] on {ports:port|ports} {ports}",
				detail: "Mail programs of today want TLS 1.2 or later and refuse to {task} mail.",
				fix:    "Update the mail server or its TLS library and enable TLS 1.2 and 1.3.",
			},
			silences: besidesOutdated(),
			check:    (*index).findOldTLS,
		},
		{
			id: "tls.obsolete-ciphers", looksFor: "a server encrypts only in ways that are out of use",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Certain,
			references: []string{"RFC 9325 section 4.1", "RFC 7465 section 2"},
			words: words{
				title:  "{host} offers only outdated encryption on {ports:port|ports} {ports} ({cipher})",
				detail: "Mail programs of today know nothing in common with the server that is still safe, and refuse to {task} mail.",
				fix:    "Enable ECDHE with AES-GCM or ChaCha20 on the server, which takes an update where its TLS library does not know them.",
			},
			silences: besidesOutdated(),
			check: lost(func(s *server) bool { return s.wayThatWorks() == "legacy" && !outdated(s.found().Version) }, func(h hit) params {
				return params{"cipher": h.servers[0].found().Cipher}
			}),
		},
		{
			id: "tls.large-hello", looksFor: "something in the way cannot read the greeting of modern TLS",
			severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 8446 section 4.1.2", "RFC 9325 section 3.1.3"},
			words: words{
				title:  "{host} breaks off on {ports:port|ports} {ports} when TLS begins with a large packet",
				detail: "New programs begin with a ClientHello that takes two packets, since it has a post-quantum key in it. An old firewall, load balancer or server cannot put the two together. With a small one everything works, so older mail programs {task} mail and newer ones do not.",
				fix:    "Update the firmware of the firewall or load balancer in front of {host}, or the server itself. If it works from another network, the device is in this one.",
			},
			variants: map[string]words{"control": {
				title:  "Something in this network breaks off when TLS begins with a large packet",
				detail: "New programs begin with a ClientHello that takes two packets, since it has a post-quantum key in it. It gets lost on the way to {hosts} and as well on the way to {controls}, which others run, so the fault is here. With a small one everything works, so older mail programs {task} mail and newer ones do not.",
				fix:    "Update the firmware of the firewall or router of this network. If there is a VPN or tunnel, set a smaller MTU on it (for a test 1280).",
			}},
			check: (*index).findLargeHello,
		},
		{
			id: "tls.version-intolerance", looksFor: "something in the way breaks off where TLS 1.3 is offered",
			severity: mail.Error, weighed: true, owner: mail.OwnerNetwork, confidence: mail.Likely,
			references: []string{"RFC 8446 section 4.1.2", "RFC 8446 appendix D"},
			words: words{
				title:  "{host} breaks off on {ports:port|ports} {ports} when TLS 1.3 is offered",
				detail: "A server that does not know TLS 1.3 is to choose 1.2 and not to hang up. With TLS 1.2 alone everything works, so newer mail programs cannot {task} mail and older ones can.",
				fix:    "Update the firewall, load balancer or TLS library in front of {host}. If it works from another network, the device is in this one.",
			},
			check: lost(func(s *server) bool { return s.wayThatWorks() == "tls-1.2" }, nil),
		},
		{
			id: "tls.handshake-failed", looksFor: "a TLS handshake fails for another reason than the certificate",
			severity: mail.Error, weighed: true, owner: mail.OwnerProvider, confidence: mail.Likely,
			references: []string{"RFC 8446 section 6.2"},
			words: words{
				title:  "No encrypted connection to {host} comes about on {ports:port|ports} {ports}",
				detail: "The TLS handshake fails before the certificate can be judged, so mail programs cannot {task} mail.",
				fix:    "Look into the server's log for the reason: often a key or certificate file that cannot be read, or outdated ciphers. If it works from another network, a firewall or antivirus program here breaks TLS.",
			},
			variants: alertWords(),
			check:    (*index).findFailedHandshake,
		},
	}
}

// clientCertificateRules are about servers that want to see a certificate of the client.
func clientCertificateRules() []rule {
	return []rule{{
		id: "tls.client-certificate", looksFor: "a server asks for a certificate of the client",
		severity: mail.Error, weighed: true, owner: mail.OwnerAdmin, confidence: mail.Likely,
		references: []string{"RFC 8446 section 4.3.2", "RFC 4422 appendix A"},
		words: words{
			title:  "{host} lets only those in who show a certificate of their own ({ports:port|ports} {ports})",
			detail: "The server ends the connection because the mail program has no client certificate, before a password is asked for.",
			fix:    "Import the personal certificate that the organisation issued into the mail program, or ask its administrator for one. If none was ever issued, the server must not demand one on this port.",
		},
		variants: map[string]words{"optional": {
			title:  "{hosts} {hosts:asks|ask} for a certificate of the mail program and {hosts:goes|go} on without one",
			detail: "Some mail programs show a window for choosing a certificate then, which puzzles people. It does no other harm.",
			fix:    "If nobody uses client certificates, switch the request off on the server.",
		}},
		silences: []silence{{[]string{"tls.handshake-failed", "server.closed", "server.reset"}, sameServers}},
		check:    (*index).findCertificateDemand,
	}}
}

// alertWords say what an alert of the server means; the number names the variant.
func alertWords() map[string]words {
	certificate := words{
		detail: "The server refuses the certificate of the client, or that there is none, so mail programs cannot {task} mail.",
		fix:    "If the organisation hands out personal certificates, import a current one into the mail program. If not, switch the demand for client certificates off on the server.",
	}
	return map[string]words{
		"40": {
			detail: "The server finds nothing in common with us: no cipher, key exchange or signature that both accept. Mail programs cannot {task} mail.",
			fix:    "Enable TLS 1.2 or 1.3 with ECDHE on the server, and check that its key fits its certificate.",
		},
		"42": certificate, "48": certificate, "116": certificate,
		"80": {
			detail: "The server reports a fault of its own, mostly a key or certificate file that it cannot use. Mail programs cannot {task} mail.",
			fix:    "Look into the server's log for this moment, and check the path, the permissions and the content of its key and certificate files.",
		},
		"86": {
			detail: "The server believes that it is asked for less than both sides can do, which happens where something in between breaks newer TLS. Mail programs cannot {task} mail.",
			fix:    "Look for a firewall, antivirus program or load balancer between here and the server that interferes with TLS.",
		},
		"112": {
			title:  "The server behind {host} does not know that name (port {ports})",
			detail: "It has no certificate for the name and refuses the connection, so mail programs cannot {task} mail.",
			fix:    "Add the name and a certificate for it to the server's configuration, or publish and use the name that the server knows.",
		},
		"120": {
			detail: "The server wants to be told the protocol by ALPN, which mail programs do not do: another service than mail listens there, or a web proxy stands in front.",
			fix:    "Check which service listens on the port, and correct the port where the setting is published.",
		},
	}
}
