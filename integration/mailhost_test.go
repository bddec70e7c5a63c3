//go:build integration

package integration

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func (h *mailhost) startDovecot(ctx context.Context, w *world) error {
	config := filepath.Join(h.Dir, "dovecot.conf")
	if err := render(config, "testdata/dovecot.conf", h); err != nil {
		return err
	}
	if err := h.writeUsers(); err != nil {
		return err
	}
	if err := makeOwned(filepath.Join(h.Dir, "home"), "nobody"); err != nil {
		return err
	}
	for name, q := range h.quotas {
		if err := h.fill(name, q.used); err != nil {
			return err
		}
	}
	addresses := h.addresses(143, 110)
	if h.ImplicitTLS {
		addresses = append(addresses, h.addresses(993, 995)...)
	}
	return w.run(ctx, "dovecot", h.Dir, addresses, "/usr/sbin/dovecot", "-F", "-c", config)
}

// writeUsers writes a passwd-file: name, password, and empty fields.
func (h *mailhost) writeUsers() error {
	var b strings.Builder
	for name, password := range h.users {
		fmt.Fprintf(&b, "%s:%s::::::", name, password)
		if q, ok := h.quotas[name]; ok {
			fmt.Fprintf(&b, "userdb_quota_rule=*:storage=%dK", q.limit)
		}
		b.WriteString("\n")
	}
	file := filepath.Join(h.Dir, "users")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return chown(file, "dovecot")
}

// fill puts a message of some KiB into a mailbox.
func (h *mailhost) fill(name string, size int) error {
	dir := filepath.Join(h.Dir, "home", name)
	for _, sub := range []string{"", "mail", "mail/cur", "mail/new", "mail/tmp"} {
		if err := makeOwned(filepath.Join(dir, sub), "nobody"); err != nil {
			return err
		}
	}
	header := "From: somebody@good.test\r\nSubject: something large\r\n\r\n"
	message := header + strings.Repeat("x\r\n", (size<<10-len(header))/3)
	file := filepath.Join(dir, "mail/cur/1.M1.host:2,")
	if err := os.WriteFile(file, []byte(message), 0o600); err != nil {
		return err
	}
	return chown(file, "nobody")
}

func (h *mailhost) startPostfix(ctx context.Context, w *world) error {
	config := filepath.Join(h.Dir, "postfix")
	for _, dir := range []string{config, filepath.Join(h.Dir, "queue")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := makeOwned(filepath.Join(h.Dir, "data"), "postfix"); err != nil {
		return err
	}
	for _, name := range []string{"main.cf", "master.cf", "senders"} {
		if err := render(filepath.Join(config, name), "testdata/"+name, h); err != nil {
			return err
		}
	}
	// It makes the folders of the queue, with the rights that they must have.
	if err := command(ctx, "/usr/sbin/postfix", "-c", config, "check"); err != nil {
		return err
	}
	addresses := h.addresses(25, 587)
	if h.ImplicitTLS {
		addresses = append(addresses, h.addresses(465)...)
	}
	return w.run(ctx, "postfix", h.Dir, addresses, remembering("/usr/lib/postfix/sbin/master", "-c", config, "-s")...)
}

func (h *mailhost) addresses(ports ...int) []string { return at(h.Address, ports...) }

func at(address string, ports ...int) []string {
	var list []string
	for _, port := range ports {
		list = append(list, address+":"+strconv.Itoa(port))
	}
	return list
}

// log gives what a program (dovecot, postfix) of the host has logged so far.
func (h *mailhost) log(program string) (string, error) {
	content, err := os.ReadFile(filepath.Join(h.Dir, program+".log"))
	return string(content), err
}

func makeOwned(dir, owner string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return chown(dir, owner)
}

func chown(file, owner string) error {
	u, err := user.Lookup(owner)
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid) // decimal by the documentation of user.User on POSIX
	gid, _ := strconv.Atoi(u.Gid)
	return os.Chown(file, uid, gid)
}

// linesWith gives the lines of text that hold every one of the parts.
func linesWith(text string, parts ...string) []string {
	return slices.Collect(func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) && !yield(line) {
				return
			}
		}
	})
}
