//go:build integration

package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func (j *jail) startExim(ctx context.Context, w *world, users []jailUser) error {
	var passwords strings.Builder
	for _, u := range users {
		fmt.Fprintf(&passwords, "%s: %s\n", u.Name, u.Password)
	}
	if err := errors.Join(
		os.WriteFile(filepath.Join(j.root, "etc/exim4/users"), []byte(passwords.String()), 0o644),
		j.own(ctx, "Debian-exim", "/var/spool/exim4", "/var/log/exim4", "/run/exim4"),
		j.certify(ctx, w, "/etc/exim4/tls.pem", "Debian-exim", "mx.exim.test", "smtp.exim.test", "via.exim.test"),
	); err != nil {
		return err
	}
	return j.start(ctx, w, "exim", at(eximAddress, 25, 465, 587), "/usr/sbin/exim4", "-bdf", "-q1h")
}

// startOpenSMTPD starts one with which no client can agree on TLS: OpenSMTPD 6.8
// of Debian 12 finds its private key no more under OpenSSL 3.
func (j *jail) startOpenSMTPD(ctx context.Context, w *world) error {
	if err := errors.Join(
		j.own(ctx, "root", "/var/lib/opensmtpd/empty", "/var/spool/smtpd"),
		j.do(ctx, "", "chmod", "711", "/var/spool/smtpd"),
		j.certify(ctx, w, "/etc/smtpd.pem", "root", "mx.cyrus.test", "smtp.cyrus.test"),
	); err != nil {
		return err
	}
	return j.start(ctx, w, "opensmtpd", at(opensmtpdAddress, 25, 465, 587), "/usr/sbin/smtpd", "-d")
}

func (j *jail) startCourier(ctx context.Context, w *world, users []jailUser) error {
	if err := errors.Join(
		j.own(ctx, "courier", "/run/courier", "/run/courier/authdaemon", "/var/lib/courier"),
		j.do(ctx, "", "chmod", "700", "/etc/courier/userdb"),
		j.do(ctx, "", "makeuserdb"),
		j.certify(ctx, w, "/etc/courier/imapd.pem", "courier", "imap.exim.test", "via.exim.test"),
		j.certify(ctx, w, "/etc/courier/pop3d.pem", "courier", "pop.exim.test"),
	); err != nil {
		return err
	}
	for _, u := range users {
		if err := errors.Join(
			j.own(ctx, "vmail", "/home/"+u.Local),
			j.do(ctx, "", "maildirmake.courier", "/home/"+u.Local+"/Maildir"),
			j.do(ctx, "", "chown", "-R", "vmail:vmail", "/home/"+u.Local),
		); err != nil {
			return err
		}
	}
	if err := j.start(ctx, w, "authdaemond", nil, "/usr/lib/courier/courier-authlib/authdaemond"); err != nil {
		return err
	}
	for name, c := range courierDaemons() {
		script := "set -a; . /etc/courier/" + c.config + "; . /etc/courier/" + c.config + "-ssl; " +
			// Scripts of the packages make the files that these name.
			"TLS_TRUSTCERTS=; TLS_DHPARAMS=; TLS_CACHEFILE=; " + c.settings +
			"; exec couriertcpd -maxprocs=40 -maxperip=20 -nodnslookup -noidentlookup -address=" + c.address + " " + strconv.Itoa(c.port) + " " + c.program
		if err := j.start(ctx, w, name, at(c.address, c.port), "/bin/sh", "-c", script); err != nil {
			return err
		}
	}
	return nil
}

// courierDaemon is one port of Courier.
type courierDaemon struct {
	address  string
	port     int
	config   string // the file with its settings
	settings string // and what Courier's own start script sets besides
	program  string
}

func courierDaemons() map[string]courierDaemon {
	const (
		secure = "/usr/bin/couriertls -server -tcpd -user=courier "
		imap   = "/usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir"
		pop3   = "/usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir"
	)
	return map[string]courierDaemon{
		"courier-imap":    {courierAddress, 143, "imapd", "IMAP_STARTTLS=YES; IMAP_TLS_REQUIRED=1", imap},
		"courier-imaps":   {courierAddress, 993, "imapd", "IMAP_TLS=1", secure + imap},
		"courier-pop3":    {courierAddress, 110, "pop3d", "POP3_STARTTLS=YES; POP3_TLS_REQUIRED=1", pop3},
		"courier-pop3s":   {courierAddress, 995, "pop3d", "POP3_TLS=1", secure + pop3},
		"courier-keyless": {keylessAddress, 143, "imapd", "IMAP_STARTTLS=YES; TLS_CERTFILE=/etc/courier/absent.pem", imap},
	}
}

func (j *jail) startCyrus(ctx context.Context, w *world, users []jailUser) error {
	dirs := []string{"/var/spool/cyrus", "/var/spool/cyrus/mail", "/run/cyrus", "/run/cyrus/proc", "/run/cyrus/lock", "/var/lib/cyrus"}
	for _, name := range []string{"db", "log", "msg", "proc", "ptclient", "quota", "sieve", "socket", "user"} {
		dirs = append(dirs, "/var/lib/cyrus/"+name)
	}
	errs := []error{
		j.own(ctx, "cyrus", dirs...),
		j.certify(ctx, w, "/etc/cyrus.pem", "cyrus", "imap.cyrus.test", "pop.cyrus.test", "older.cyrus.test", "via.cyrus.test"),
	}
	for _, u := range users {
		errs = append(errs, j.do(ctx, u.Password, "saslpasswd2", "-p", "-c", "-f", "/etc/sasldb2", "-u", "cyrus.test", u.Local))
	}
	if err := errors.Join(append(errs, j.do(ctx, "", "chown", "cyrus", "/etc/sasldb2"))...); err != nil {
		return err
	}
	return j.start(ctx, w, "cyrus", append(at(cyrusAddress, 143, 993, 110, 995), at(olderAddress, 993)...), "/usr/sbin/cyrmaster", "-D")
}
