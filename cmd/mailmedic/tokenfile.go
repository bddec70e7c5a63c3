package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mailmedic/mailmedic/mail"
)

// tokenFile is a file that gets a secret: it is its owner's alone from the first
// byte on, and has its name only when it is whole.
type tokenFile struct {
	*os.File
	name    string
	replace bool // what has the name may be replaced
}

// newTokenFile prepares a file before anybody is asked, so that a name that
// cannot be written costs nobody a sign-in.
func newTokenFile(name string, replace bool) (*tokenFile, error) {
	if err := mayTake(name, replace); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // 0600, and no other's
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", name, cause(err))
	}
	return &tokenFile{File: f, name: name, replace: replace}, nil
}

// mayTake refuses what a token must not be written over: a link, which may lead
// anywhere, and what is another's or no file.
func mayTake(name string, replace bool) error {
	if name == "-" {
		return errors.New("- is no file; --print prints the token on standard output")
	}
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%s cannot be written: %w", name, cause(err))
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link, which a token is not written through; name the file itself", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", name)
	case !isOurs(info):
		return fmt.Errorf("%s belongs to somebody else", name)
	case !replace:
		return fmt.Errorf("%s is there already; --replace puts the token in its place", name)
	}
	return nil
}

// put writes the token and gives the file its name.
func (f *tokenFile) put(token mail.Secret) error {
	_, err := f.WriteString(token.Reveal() + "\n")
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = f.take()
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.name, cause(err))
	}
	return nil
}

// take gives the file its name. A name that somebody has taken since then is not
// taken away: a hard link is made for nobody else's, and a rename looks first.
func (f *tokenFile) take() error {
	if !f.replace {
		err := os.Link(f.Name(), f.name)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return errors.Join(err, os.Remove(f.Name()))
		}
	}
	if err := mayTake(f.name, f.replace); err != nil { // a file system without links
		return err
	}
	return os.Rename(f.Name(), f.name)
}

// discard leaves nothing behind.
func (f *tokenFile) discard() {
	_ = f.Close()
	_ = os.Remove(f.Name())
}

// cause takes the path off an error that is told with the name that the user gave.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
