<?php
// SPDX-License-Identifier: GPL-3.0-or-later
// One PHP server for several wikis: /w/{dbname}/api.php is answered with the settings in $WIKIS/{dbname}.
$source = getenv( 'MEDIAWIKI' );
if ( preg_match( '#^/w/([a-z]+)/api\.php#', $_SERVER['REQUEST_URI'], $found ) ) {
	define( 'MW_CONFIG_FILE', getenv( 'WIKIS' ) . "/$found[1]/LocalSettings.php" );
	$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = "/w/$found[1]/api.php";
	$_SERVER['SCRIPT_FILENAME'] = "$source/api.php";
	chdir( $source );
	require "$source/api.php";
} else {
	http_response_code( 404 );
	echo "no such wiki\n";
}
