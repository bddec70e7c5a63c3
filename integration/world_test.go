//go:build integration

package integration

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// The addresses of the servers. Clients come from 127.0.0.1, which is another
// address than any of them: Dovecot takes a client from its own address for secure.
const (
	dnsAddress    = "127.0.10.53"
	webAddress    = "127.0.10.80"
	silentAddress = "127.0.10.4"
	strictAddress = "127.0.10.5"
	lateAddress   = "127.0.10.6"
)

//go:embed testdata
var testdata embed.FS

// mailhost is one machine with Postfix and Dovecot.
type mailhost struct {
	Name        string
	Address     string
	ImplicitTLS bool              // listens on 993, 995 and 465
	Domains     []string          // what it takes mail for
	expires     time.Duration     // its certificate, from now
	names       []string          // in its certificate
	users       map[string]string // name to password
	quotas      map[string]quota  // of those that have another one than the usual

	Strict string // another address, whose submission passes nothing on

	Dir string // its configuration, logs and mail; set on start
}

// quota is how much of its mailbox somebody has used, in KiB.
type quota struct{ used, limit int }

// Late is the address of a server that takes mail at the second try.
func (*mailhost) Late() string { return lateAddress }

func mailhosts() []*mailhost {
	return []*mailhost{
		{
			Name: "good", Address: "127.0.10.1", ImplicitTLS: true, expires: 60 * day,
			Domains: []string{"good.test", "web.test", "silent.test", "moved.test", "vouched.test"},
			names:   []string{"imap.good.test", "pop.good.test", "smtp.good.test", "mx.good.test", "box.web.test", "mx.web.test", "imap.silent.test", "via.good.test", "imap.relay.test", "smtp.relay.test"},
			Strict:  strictAddress,
			users: map[string]string{
				"anna@good.test":      password,
				"bert@good.test":      hardPassword,
				"sofia@silent.test":   password,
				"ina@silent.test":     password,
				"moritz@moved.test":   password,
				"viktor@vouched.test": password,
				"olga@good.test":      password,
				"otto@good.test":      password,
				"sven@good.test":      password,
				"julia@good.test":     password,
				"grete@good.test":     password,
				"kurt@good.test":      password,
				"rita@relay.test":     password,
				"walter":              password, // of web.test, whose user names are local parts
			},
			quotas: map[string]quota{"olga@good.test": {used: 40, limit: 32}, "otto@good.test": {used: 93, limit: 100}},
		},
		{
			Name: "expired", Address: "127.0.10.2", ImplicitTLS: true, expires: -3 * day,
			Domains: []string{"expired.test"},
			names:   []string{"imap.expired.test", "smtp.expired.test", "mx.expired.test", "via.expired.test"},
			users:   map[string]string{"anna@expired.test": password},
		},
		{
			Name: "starttls", Address: "127.0.10.3", ImplicitTLS: false, expires: 60 * day,
			Domains: []string{"starttls.test"},
			names:   []string{"imap.starttls.test", "smtp.starttls.test", "mx.starttls.test"},
			users:   map[string]string{"anna@starttls.test": password},
		},
	}
}

// world is everything that the tests talk to.
type world struct {
	dir     string
	ca      *authority
	caFile  string
	hosts   map[string]*mailhost
	servers []*server
	silent  *silentServer
	jail    *jail
}

// startWorld starts all servers and returns when all of them answer. What
// was started is in the world also when there is an error.
func startWorld(ctx context.Context, dir string) (*world, error) {
	w := &world{dir: dir, caFile: filepath.Join(dir, "ca.pem"), hosts: map[string]*mailhost{}}
	w.jail = &jail{root: filepath.Join(dir, "jail")}
	unpacked := make(chan error, 1)
	go func() { unpacked <- unpackDebian(ctx, w.jail.root, jailPackages()) }()
	err := w.startInstalled(ctx)
	if err := errors.Join(err, <-unpacked); err != nil {
		return w, err
	}
	return w, w.startJail(ctx)
}

// startInstalled starts the servers whose packages are installed.
func (w *world) startInstalled(ctx context.Context) error {
	var err error
	if w.ca, err = newAuthority(); err != nil {
		return err
	}
	if err := w.ca.writeRoot(w.caFile); err != nil {
		return err
	}
	if w.silent, err = listenSilently(silentAddress); err != nil {
		return err
	}
	if err := w.startDNS(ctx); err != nil {
		return err
	}
	if err := w.startWeb(ctx); err != nil {
		return err
	}
	for _, host := range mailhosts() {
		w.hosts[host.Name] = host
		if err := w.startMail(ctx, host); err != nil {
			return err
		}
	}
	return nil
}

// stop ends all servers and waits for them.
func (w *world) stop() {
	for _, s := range w.servers {
		s.signal()
	}
	for _, s := range w.servers {
		s.wait()
	}
	if w.silent != nil {
		w.silent.close()
	}
	w.jail.log.close()
}

// run starts a daemon that belongs to the world and waits for its addresses.
func (w *world) run(ctx context.Context, name, dir string, addresses []string, argv ...string) error {
	s, err := startServer(name, dir, argv...)
	if err != nil {
		return err
	}
	w.servers = append(w.servers, s)
	return s.await(ctx, addresses...)
}

// subdir makes a folder that daemons can enter that have given up being root.
func (w *world) subdir(name string) (string, error) {
	dir := filepath.Join(w.dir, name)
	return dir, os.MkdirAll(dir, 0o755)
}

func (w *world) startDNS(ctx context.Context) error {
	dir, err := w.subdir("nsd")
	if err != nil {
		return err
	}
	zones, err := copyTree("testdata/zones", filepath.Join(dir, "zones"))
	if err != nil {
		return err
	}
	config := filepath.Join(dir, "nsd.conf")
	if err := render(config, "testdata/nsd.conf", struct {
		Dir, DNS string
		Zones    []string
	}{dir, dnsAddress, zones}); err != nil {
		return err
	}
	return w.run(ctx, "nsd", dir, []string{dnsAddress + ":53"}, "/usr/sbin/nsd", "-d", "-c", config)
}

func (w *world) startWeb(ctx context.Context) error {
	dir, err := w.subdir("nginx")
	if err != nil {
		return err
	}
	if _, err := copyTree("testdata/www", filepath.Join(dir, "www")); err != nil {
		return err
	}
	if err := w.ca.writeServer(filepath.Join(dir, "tls.pem"), 60*day, "autoconfig.good.test", "www.ispdb.test"); err != nil {
		return err
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := render(config, "testdata/nginx.conf", struct{ Dir, Web string }{dir, webAddress}); err != nil {
		return err
	}
	return w.run(ctx, "nginx", dir, []string{webAddress + ":80", webAddress + ":443"},
		"/usr/sbin/nginx", "-e", "stderr", "-p", dir, "-c", config)
}

func (w *world) startMail(ctx context.Context, host *mailhost) error {
	var err error
	if host.Dir, err = w.subdir(host.Name); err != nil {
		return err
	}
	if err := w.ca.writeServer(filepath.Join(host.Dir, "tls.pem"), host.expires, host.names...); err != nil {
		return err
	}
	if err := host.startDovecot(ctx, w); err != nil {
		return err
	}
	return host.startPostfix(ctx, w)
}

// render fills in a configuration file.
func render(file, from string, data any) error {
	t, err := template.ParseFS(testdata, from)
	if err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(t.Execute(out, data), out.Close())
}

// copyTree copies an embedded folder and returns the names of the files in it.
func copyTree(from, to string) ([]string, error) {
	tree, err := fs.Sub(testdata, from)
	if err != nil {
		return nil, err
	}
	var names []string
	err = fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names, errors.Join(err, os.CopyFS(to, tree))
}

// logs gives the end of everything that the servers wrote, for a person who
// looks for the reason of a failure.
func (w *world) logs() string {
	const most = 20_000 // bytes of each file
	var b strings.Builder
	_ = filepath.WalkDir(w.dir, func(file string, _ fs.DirEntry, _ error) error {
		if ext := filepath.Ext(file); ext == ".log" || ext == ".out" {
			if content, err := os.ReadFile(file); err == nil && len(content) > 0 {
				fmt.Fprintf(&b, "== %s\n%s\n", strings.TrimPrefix(file, w.dir), content[max(0, len(content)-most):])
			}
		}
		return nil
	})
	return b.String()
}

// command runs a program to its end and puts what it said into the error.
func command(ctx context.Context, argv ...string) error {
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
	}
	return nil
}
