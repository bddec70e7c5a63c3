//go:build integration

package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// The servers that exclude Postfix or Dovecot as packages have addresses of their own.
const (
	eximAddress      = "127.0.10.21"
	opensmtpdAddress = "127.0.10.22"
	courierAddress   = "127.0.10.23"
	cyrusAddress     = "127.0.10.24"
	olderAddress     = "127.0.10.25" // Cyrus with TLS 1.2
	keylessAddress   = "127.0.10.26" // Courier without a certificate
)

// jailPackages are sets that apt can install, each with all that a shell script needs.
func jailPackages() [][]string {
	return [][]string{
		{"exim4-daemon-heavy", "cyrus-imapd", "cyrus-pop3d", "sasl2-bin", "libsasl2-modules", "libsasl2-modules-db", "dash", "coreutils"},
		{"opensmtpd", "courier-imap", "courier-pop", "courier-authlib-userdb", "dash", "coreutils"},
	}
}

// jail is a folder that servers take for the whole file system.
type jail struct {
	root string
	log  *jailLog
}

// jailUser is somebody with a mailbox.
type jailUser struct {
	Name, Password string
	Local          string // the part before the @
	Crypt          string // the password as crypt(3) stores it
}

func jailUsers(ctx context.Context, domain string) ([]jailUser, error) {
	var users []jailUser
	for _, u := range []jailUser{{Local: "anna", Password: password}, {Local: "bert", Password: hardPassword}} {
		u.Name = u.Local + "@" + domain
		cmd := exec.CommandContext(ctx, "openssl", "passwd", "-6", "-stdin")
		cmd.Stdin = strings.NewReader(u.Password + "\n")
		hash, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("hash a password: %w", err)
		}
		u.Crypt = string(bytes.TrimSpace(hash))
		users = append(users, u)
	}
	return users, nil
}

// startJail starts the four servers in the folder where their packages are unpacked.
func (w *world) startJail(ctx context.Context) error {
	j := w.jail
	eximUsers, err := jailUsers(ctx, "exim.test")
	if err != nil {
		return err
	}
	cyrusUsers, err := jailUsers(ctx, "cyrus.test")
	if err != nil {
		return err
	}
	if err := j.furnish(); err != nil {
		return err
	}
	if err := renderTree(j.root, "testdata/jail", struct {
		Exim, OpenSMTPD, Cyrus, Older string
		EximUsers, CyrusUsers         []jailUser
	}{eximAddress, opensmtpdAddress, cyrusAddress, olderAddress, eximUsers, cyrusUsers}); err != nil {
		return err
	}
	if j.log, err = listenForLogs(filepath.Join(j.root, "dev/log"), filepath.Join(w.dir, "syslog.log")); err != nil {
		return err
	}
	for _, start := range []func() error{
		func() error { return j.startExim(ctx, w, slices.Concat(eximUsers, cyrusUsers)) },
		func() error { return j.startCourier(ctx, w, eximUsers) },
		func() error { return j.startOpenSMTPD(ctx, w) },
		func() error { return j.startCyrus(ctx, w, cyrusUsers) },
	} {
		if err := start(); err != nil {
			return err
		}
	}
	return nil
}

// furnish makes what the scripts of the packages would have made.
func (j *jail) furnish() error {
	var errs []error
	for _, dir := range []string{"dev", "proc", "tmp", "run", "home", "root"} {
		errs = append(errs, os.MkdirAll(filepath.Join(j.root, dir), 0o755))
	}
	errs = append(errs, os.Chmod(filepath.Join(j.root, "tmp"), 0o777|os.ModeSticky))
	if _, err := os.Lstat(filepath.Join(j.root, "var/run")); errors.Is(err, os.ErrNotExist) {
		errs = append(errs, os.Symlink("/run", filepath.Join(j.root, "var/run")))
	}
	for name, minor := range map[string]int{"null": 3, "zero": 5, "random": 8, "urandom": 9} {
		file := filepath.Join(j.root, "dev", name)
		errs = append(errs, syscall.Mknod(file, syscall.S_IFCHR|0o666, 1<<8|minor), os.Chmod(file, 0o666))
	}
	return errors.Join(errs...)
}

// own makes folders in the jail that belong to one of its users.
func (j *jail) own(ctx context.Context, owner string, dirs ...string) error {
	return j.do(ctx, "", append([]string{"install", "-d", "-o", owner}, dirs...)...)
}

// certify writes a key and a certificate, for one user of the jail.
func (j *jail) certify(ctx context.Context, w *world, file, owner string, names ...string) error {
	return errors.Join(
		w.ca.writeServer(filepath.Join(j.root, file), 60*day, names...),
		j.do(ctx, "", "chown", owner, file))
}

// do runs a program in the jail to its end.
func (j *jail) do(ctx context.Context, stdin string, argv ...string) error {
	cmd := exec.CommandContext(ctx, "chroot", append([]string{j.root}, argv...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return nil
}

// start runs a daemon in the jail for as long as the world stands.
func (j *jail) start(ctx context.Context, w *world, name string, addresses []string, argv ...string) error {
	return w.run(ctx, name, w.dir, addresses, remembering(append([]string{"chroot", j.root}, argv...)...)...)
}

// jailLog writes to a file what daemons say to syslog.
type jailLog struct {
	conn *net.UnixConn
	done chan struct{}
}

func listenForLogs(socket, file string) (*jailLog, error) {
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	out, err := os.Create(file)
	if err := errors.Join(err, os.Chmod(socket, 0o666)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	l := &jailLog{conn, make(chan struct{})}
	go func() {
		defer close(l.done)
		defer out.Close()
		copyLines(out, conn)
	}()
	return l, nil
}

// copyLines gives each message a line, until the socket is closed.
func copyLines(to io.Writer, from io.Reader) {
	message := make([]byte, 64<<10)
	for {
		n, err := from.Read(message[:len(message)-1])
		if err != nil {
			return
		}
		if _, err := to.Write(append(bytes.TrimRight(message[:n], "\n"), '\n')); err != nil {
			return
		}
	}
}

// close is for what never listened too.
func (l *jailLog) close() {
	if l == nil {
		return
	}
	l.conn.Close()
	<-l.done
}
