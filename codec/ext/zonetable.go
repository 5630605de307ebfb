package ext

// zoneTable is what the numbers of time zones in a datetime mean. A number says where to go on counting, a word with a
// slash at its end what is in front of the next names (a slash alone: nothing); every other word is the name of a
// zone. Below 672 they are abbreviations, of which many are ambiguous; from there on they are names of the IANA Time
// Zone Database.
//
//nolint:misspell // TAHT is the time of Tahiti
const zoneTable = `
1 A B C D E F G H I K L M N O P Q R S T U V W X Y Z
32 AT 40 BT 48 CT 56 ET 64 GT 72 IT 80 KT 88 MT 96 PT 104 ST 112 UT 120 WT
128 ACT ADT AET AFT AMT AoE ART AST AZT
144 BDT BNT BOT BRT BST BTT
152 CAT CCT CDT CET CIT CKT CLT COT CST CVT CXT
168 EAT ECT EDT EET EGT EST 176 FET FJT FKT FNT 184 GET GFT GMT GST GYT
192 HAA HAC HAE HAP HAR HAT HDT HKT HLV HNA HNC HNE HNP HNR HNT HST ICT IDT IOT IST
216 JST 224 KGT KIT KST 232 MCK MDT MEZ MHT MMT MSD MSK MST MUT MVT MYT
248 NCT NDT NFT NPT NRT NST NUT 256 OEZ 264 PDT PET PGT PHT PKT PST PWT PYT RET
280 SBT SCT SGT SRT SST 288 TFT TJT TKT TLT TMT TOT TRT TVT UTC UYT UZT
304 VET VUT 312 WAT WDT WET WEZ WFT WGT WIB WIT WST
328 ACDT ACST ADST AEDT AEST AKDT AKST ALMT AMDT AMST ANAT AQTT AWDT AWST AZOT AZST BDST BRST
352 CAST CDST CEDT CEST CHOT ChST CHUT CIST CLDT CLST 368 DAVT DDUT
376 EADT EAST ECST EDST EEDT EEST EGST 384 FJDT FJST FKDT FKST 392 GALT GAMT GILT
400 HADT HAST HOVT 408 IRDT IRKT IRST 416 KOST KRAT KUYT 424 LHDT LHST LINT
432 MAGT MART MAWT MDST MESZ 440 NFDT NOVT NZDT NZST 448 OESZ OMST ORAT
456 PDST PETT PHOT PMDT PMST PONT PYST 464 QYZT 472 ROTT 480 SAKT SAMT SAST SRET SYOT
488 TAHT TOST 496 ULAT UYST 504 VLAT VOST 512 WAKT WAST WEDT WEST WESZ WGST WITA
520 YAKT YAPT YEKT 528 ACWST ANAST AZODT AZOST 536 CHADT CHAST CHODT CHOST CIDST 544 EASST EFATE
552 HOVDT HOVST 560 IRKST 568 KRAST 576 MAGST 584 NACDT NACST NAEDT NAEST NAMDT NAMST NAPDT NAPST NOVST
600 OMSST 608 PETST 616 SAMST 624 ULAST 632 VLAST 640 WARST 648 YAKST YEKST 656 CHODST 664 HOVDST
672 Africa/ Abidjan Algiers Bissau Cairo Casablanca Ceuta El_Aaiun Johannesburg Juba Khartoum Lagos Maputo Monrovia
Nairobi Ndjamena Sao_Tome Tripoli Tunis Windhoek
691 America/ Adak Anchorage Araguaina Argentina/Buenos_Aires Argentina/Catamarca Argentina/Cordoba Argentina/Jujuy
Argentina/La_Rioja Argentina/Mendoza Argentina/Rio_Gallegos Argentina/Salta Argentina/San_Juan Argentina/San_Luis
Argentina/Tucuman Argentina/Ushuaia Asuncion Bahia Bahia_Banderas Barbados Belem Belize Boa_Vista Bogota Boise
Cambridge_Bay Campo_Grande Cancun Caracas Cayenne Chicago Chihuahua Costa_Rica Cuiaba Danmarkshavn Dawson
Dawson_Creek Denver Detroit Edmonton Eirunepe El_Salvador Fort_Nelson Fortaleza Glace_Bay Goose_Bay Grand_Turk
Guatemala Guayaquil Guyana Halifax Havana Hermosillo Indiana/Indianapolis Indiana/Knox Indiana/Marengo
Indiana/Petersburg Indiana/Tell_City Indiana/Vevay Indiana/Vincennes Indiana/Winamac Inuvik Iqaluit Jamaica Juneau
Kentucky/Louisville Kentucky/Monticello La_Paz Lima Los_Angeles Maceio Managua Manaus Martinique Matamoros Mazatlan
Menominee Merida Metlakatla Mexico_City Miquelon Moncton Monterrey Montevideo New_York Nipigon Nome Noronha
North_Dakota/Beulah North_Dakota/Center North_Dakota/New_Salem Nuuk Ojinaga Panama Pangnirtung Paramaribo Phoenix
Port-au-Prince Porto_Velho Puerto_Rico Punta_Arenas Rainy_River Rankin_Inlet Recife Regina Resolute Rio_Branco
Santarem Santiago Santo_Domingo Sao_Paulo Scoresbysund Sitka St_Johns Swift_Current Tegucigalpa Thule Thunder_Bay
Tijuana Toronto Vancouver Whitehorse Winnipeg Yakutat Yellowknife
815 Antarctica/ Casey Davis Macquarie Mawson Palmer Rothera Troll Vostok
823 Asia/ Almaty Amman Anadyr Aqtau Aqtobe Ashgabat Atyrau Baghdad Baku Bangkok Barnaul Beirut Bishkek Brunei Chita
Choibalsan Colombo Damascus Dhaka Dili Dubai Dushanbe Famagusta Gaza Hebron Ho_Chi_Minh Hong_Kong Hovd Irkutsk
Jakarta Jayapura Jerusalem Kabul Kamchatka Karachi Kathmandu Khandyga Kolkata Krasnoyarsk Kuala_Lumpur Kuching Macau
Magadan Makassar Manila Nicosia Novokuznetsk Novosibirsk Omsk Oral Pontianak Pyongyang Qatar Qostanay Qyzylorda
Riyadh Sakhalin Samarkand Seoul Shanghai Singapore Srednekolymsk Taipei Tashkent Tbilisi Tehran Thimphu Tokyo Tomsk
Ulaanbaatar Urumqi Ust-Nera Vladivostok Yakutsk Yangon Yekaterinburg Yerevan
900 Atlantic/ Azores Bermuda Canary Cape_Verde Faroe Madeira Reykjavik South_Georgia Stanley
909 Australia/ Adelaide Brisbane Broken_Hill Darwin Eucla Hobart Lindeman Lord_Howe Melbourne Perth Sydney
920 Etc/ GMT UTC
922 Europe/ Amsterdam Andorra Astrakhan Athens Belgrade Berlin Brussels Bucharest Budapest Chisinau Copenhagen Dublin
Gibraltar Helsinki Istanbul Kaliningrad Kiev Kirov Lisbon London Luxembourg Madrid Malta Minsk Monaco Moscow Oslo
Paris Prague Riga Rome Samara Saratov Simferopol Sofia Stockholm Tallinn Tirane Ulyanovsk Uzhgorod Vienna Vilnius
Volgograd Warsaw Zaporozhye Zurich
968 Indian/ Chagos Christmas Cocos Kerguelen Mahe Maldives Mauritius Reunion
976 Pacific/ Apia Auckland Bougainville Chatham Chuuk Easter Efate Fakaofo Fiji Funafuti Galapagos Gambier Guadalcanal
Guam Honolulu Kanton Kiritimati Kosrae Kwajalein Majuro Marquesas Nauru Niue Norfolk Noumea Pago_Pago Palau Pitcairn
Pohnpei Port_Moresby Rarotonga Tahiti Tarawa Tongatapu Wake Wallis
`

// zoneAliases are other names of zones, in the same form, but that all names behind a number have that number.
const zoneAliases = `
672 Africa/ Accra Bamako Banjul Conakry Dakar Freetown Lome Nouakchott Ouagadougou Timbuktu Atlantic/ St_Helena
679 Africa/ Maseru Mbabane
682 Africa/ Bangui Brazzaville Douala Kinshasa Libreville Luanda Malabo Niamey Porto-Novo
683 Africa/ Blantyre Bujumbura Gaborone Harare Kigali Lubumbashi Lusaka
685 Africa/ Addis_Ababa Asmara Asmera Dar_es_Salaam Djibouti Kampala Mogadishu Indian/ Antananarivo Comoro Mayotte
691 America/ Atka US/ Aleutian 692 Alaska 694 America/ Buenos_Aires 695 Argentina/ComodRivadavia Catamarca
696 Cordoba Rosario 697 Jujuy 699 Mendoza 720 US/ Central 727 Mountain America/ Shiprock / Navajo
728 US/ Michigan 729 Canada/ Mountain 740 Atlantic 741 / Cuba
743 America/ Fort_Wayne Indianapolis US/ East-Indiana 744 Indiana-Starke America/ Knox_IN 755 Louisville
753 / Jamaica 759 US/ Pacific 762 Brazil/ West 765 Mexico/ BajaSur 769 General 774 US/ Eastern 777 Brazil/ DeNoronha
781 America/ Godthab 783 Atikokan Cayman Coral_Harbour 786 Creston US/ Arizona
789 America/ Anguilla Antigua Aruba Blanc-Sablon Curacao Dominica Grenada Guadeloupe Kralendijk Lower_Princes Marigot
Montserrat Port_of_Spain St_Barthelemy St_Kitts St_Lucia St_Thomas St_Vincent Tortola Virgin
794 Canada/ Saskatchewan 796 America/ Porto_Acre Brazil/ Acre 798 Chile/ Continental 800 Brazil/ East
803 Canada/ Newfoundland 808 America/ Ensenada Santa_Isabel Mexico/ BajaNorte
809 America/ Montreal Nassau Canada/ Eastern 810 Pacific 811 Yukon 812 Central
828 Asia/ Ashkhabad 832 Phnom_Penh Vientiane 841 Dacca 843 Muscat 848 Saigon 849 / Hongkong
854 Asia/ Tel_Aviv / Israel 858 Asia/ Katmandu 860 Calcutta 864 Macao 866 Ujung_Pandang 868 Europe/ Nicosia
875 Asia/ Bahrain 878 Aden Kuwait Antarctica/ Syowa 881 / ROK 882 PRC Asia/ Chongqing Chungking Harbin
883 / Singapore 885 ROC 888 Iran 889 Asia/ Thimbu 890 / Japan 892 Asia/ Ulan_Bator 893 Kashgar 897 Rangoon
904 Atlantic/ Faeroe 906 / Iceland 909 Australia/ South 910 Queensland 911 Yancowinna 912 North 914 Currie Tasmania
916 LHI 917 Victoria 918 West 919 ACT Canberra NSW
920 Etc/ GMT+0 GMT-0 GMT0 Greenwich / GMT+0 GMT-0 GMT0 Greenwich
921 Etc/ UCT Universal Zulu / UCT Universal Zulu
926 Europe/ Ljubljana Podgorica Sarajevo Skopje Zagreb 931 Tiraspol 933 / Eire 935 Europe/ Mariehamn
936 Asia/ Istanbul / Turkey 938 Europe/ Kyiv 940 / Portugal 941 Europe/ Belfast Guernsey Isle_of_Man Jersey / GB GB-Eire
947 W-SU 948 Arctic/ Longyearbyen Atlantic/ Jan_Mayen 950 Europe/ Bratislava 952 San_Marino Vatican
965 / Poland 967 Europe/ Busingen Vaduz 675 / Egypt 688 Libya
977 NZ Antarctica/ McMurdo South_Pole 979 / NZ-CHAT 980 Pacific/ Truk Yap 981 Chile/ EasterIsland
989 Pacific/ Saipan 990 Johnston US/ Hawaii 991 Pacific/ Enderbury 994 / Kwajalein
1001 Pacific/ Midway Samoa US/ Samoa 1004 Pacific/ Ponape 1005 Antarctica/ DumontDUrville
`
