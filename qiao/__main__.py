"""`python -m qiao` is `qiao`. Ctrl-C is quiet from the first moment on, while the program is still being read, too."""

try:
    from qiao.cli import main
except KeyboardInterrupt:
    raise SystemExit(130) from None

if __name__ == "__main__":
    main()
