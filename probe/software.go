package probe

import (
	"slices"
	"strings"
)

// softwareOf guesses the server software from what a server says of itself, id
// being what it calls itself, and gives "" where nothing tells. It is a hint for
// people: names can be changed and hidden.
func softwareOf(greeting, id string, capabilities []string) string {
	said := strings.ToLower(withoutNames(greeting) + " " + id)
	for _, s := range softwares() {
		if strings.Contains(said, s.fragment) {
			return s.name
		}
	}
	if offers(capabilities, "X-GM-EXT-1") {
		return "Gmail"
	}
	return ""
}

// withoutNames drops the words with a dot: the name of a host tells nothing.
func withoutNames(greeting string) string {
	words := slices.DeleteFunc(strings.Fields(greeting), func(w string) bool { return strings.Contains(w, ".") })
	return " " + strings.Join(words, " ") + " "
}

type software struct{ fragment, name string } // the fragment in lower case

// softwares lists the telling fragments, the more special before the more general.
func softwares() []software {
	return []software{
		{"gimap", "Gmail"},
		{"gpop", "Gmail"},
		{" gsmtp", "Gmail"},
		{"microsoft esmtp", "Exchange"},
		{"microsoft exchange", "Exchange"},
		{"dovecot", "Dovecot"},
		{"postfix", "Postfix"},
		{" exim ", "Exim"},
		{"sendmail", "Sendmail"},
		{"cyrus", "Cyrus"},
		{"courier", "Courier"},
		{"zimbra", "Zimbra"},
		{"opensmtpd", "OpenSMTPD"},
		{"stalwart", "Stalwart"},
		{"haraka", "Haraka"},
		{"maddy", "maddy"},
		{"hmailserver", "hMailServer"},
		{"mdaemon", "MDaemon"},
		{"kerio", "Kerio Connect"},
		{"icewarp", "IceWarp"},
		{"communigate", "CommuniGate"},
		{"domino", "Domino"},
		{"axigen", "Axigen"},
		{"smartermail", "SmarterMail"},
		{"proton", "Proton Mail Bridge"},
		{"mailenable", "MailEnable"},
		{"proxmox", "Proxmox Mail Gateway"},
		{"yahoo", "Yahoo"},
		{"coremail", "Coremail"},
		{"nemesis", "Nemesis"},
		{"perdition", "Perdition"},
		{"qmail", "qmail"},
		{" james ", "Apache James"},
		{"uw-imap", "UW IMAP"},
	}
}
