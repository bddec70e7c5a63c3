package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pendingFile is an output that takes its name only when it is whole, so that
// a run that fails leaves the file of the last one as it was.
type pendingFile struct {
	*os.File
	name string // "" when the file is written in place, as a device or pipe is
}

// createPending prepares the file of a name. A link is followed, and what a
// process has open already (/dev/stdout) is written where it stands.
func createPending(name string) (*pendingFile, error) {
	if name == "-" {
		return nil, errors.New("- is no file; --format says how to print on standard output")
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder", name)
	case err == nil && (!info.Mode().IsRegular() || leadsToOpenFile(name)):
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
		return &pendingFile{File: f}, err
	case err == nil:
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	}
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"."+strconv.Itoa(os.Getpid()))
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666) // the user's umask decides
	if err == nil && info != nil {
		err = f.Chmod(info.Mode().Perm()) // who could not read the last one shall not read this one
	}
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return &pendingFile{File: f, name: name}, nil
}

// leadsToOpenFile reports whether a name stands for a file that is open already,
// such as /dev/stdout or /dev/fd/3. To replace it would take it away from its owner.
func leadsToOpenFile(name string) bool {
	for range 10 {
		if strings.HasPrefix(name, "/dev/") || strings.HasPrefix(name, "/proc/") {
			return true
		}
		target, err := os.Readlink(name)
		if err != nil {
			return false
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(name), target)
		}
		name = target
	}
	return true
}

func (f *pendingFile) commit() error {
	err := f.Close()
	if f.name == "" {
		return err
	}
	if err == nil {
		err = os.Rename(f.Name(), f.name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (f *pendingFile) discard() {
	_ = f.Close()
	if f.name != "" {
		_ = os.Remove(f.Name())
	}
}
