/**
 * Variables by which a program is told to load or run something, or a shell to read text differently. Setting one is opaque.
 */
const HAZARDS =
  /^(?:LD_.*|DYLD_.*|GCONV_PATH|MALLOC_.*|LOCPATH|NLSPATH|GLIBC_TUNABLES|HOSTALIASES|RESOLV_HOST_CONF|PATH|IFS|CDPATH|GLOBIGNORE|ENV|BASH_.*|BASHOPTS|SHELLOPTS|POSIXLY_CORRECT|PROMPT_COMMAND|PS[0-9]|SHELL|HOME|PWD|OLDPWD|TMPDIR|EDITOR|VISUAL|FCEDIT|SUDO_.*|.*PAGER|LESS.*|BROWSER|PYTHON.*|PERL.*|RUBY.*|GEM_.*|BUNDLE_.*|NODE_(?!ENV$).*|NPM_.*|npm_.*|JAVA_.*|_JAVA_.*|JDK_.*|CLASSPATH|MAVEN_.*|GRADLE_.*|LUA_.*|PHP.*|R_.*|GUILE_.*|TCL.*|AWK.*|GIT_.*|SSH_.*|RSYNC_.*|SVN_.*|HG.*|CVS_RSH|TAR_OPTIONS|TAPE|RSH|GREP_.*|GZIP|BZIP2?|XZ_.*|ZIPOPT|UNZIP|MAKE.*|MFLAGS|CC|CXX|LD|AR|CFLAGS|DOCKER_.*|COMPOSE_.*|KUBE.*|HELM_.*|AWS_.*|AZURE_.*|GOOGLE_.*|CLOUDSDK_.*|VAULT_.*|TF_.*|ANSIBLE_.*|TERMINFO.*|TERMCAP|PG.*|MYSQL_.*|REDIS.*|OPENSSL_.*|SSL_.*|CURL_.*|WGETRC|HTTP.*|http.*|.*_PROXY|.*_proxy|DISPLAY|XAUTHORITY|DBUS_.*|XDG_.*|SYSTEMD_.*|MANPATH|MAN.*|NROFF.*|GROFF.*|TEX.*|TEXINPUTS|INPUTRC|EXINIT|VIM.*|MYVIMRC|NVIM_.*|FZF_.*|RIPGREP_.*|histchars|HISTFILE|MAIL.*|FPATH|FUNCNEST|TIMEFORMAT|.*_ASKPASS)$/;

/** What setting these variables may run. */
export function hazards(names: readonly string[]): readonly string[] {
  return names.filter(isHazardous).map((name) => `variable:${name}`);
}

function isHazardous(name: string): boolean {
  return HAZARDS.test(name) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
